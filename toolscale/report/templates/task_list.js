// The list of the tasks found, a page at a time: 5,000 rows at once would make every key stroke slow.

const TASKS_A_PAGE = 50;

function rowOf(entry, wish, current) {
  const query = queryOf(wish);
  const address = `#task/${encodeURIComponent(entry.id)}${query ? `?${query}` : ''}`;
  return element('li', {},
    element('a', { href: address, 'aria-current': entry.id === current ? 'true' : null },
      element('span', { class: 'row-head' }, element('strong', {}, entry.id),
        element('span', { class: `tag ${entry.level}` }, entry.level),
        entry.traits.map((trait) => element('span', { class: 'tag' }, trait))),
      element('span', { class: 'row-text' }, entry.reasons[0]),
      element('span', { class: 'row-foot' },
        `${entry.split}, ${counted(entry.calls, 'call')}: ${entry.intents.join(', ')}`)));
}

function showList(found, wish, page, current, total) {
  const pages = Math.max(1, Math.ceil(found.length / TASKS_A_PAGE));
  const first = page * TASKS_A_PAGE;
  byId('list').start = first + 1;
  byId('list').replaceChildren(
    ...found.slice(first, first + TASKS_A_PAGE).map(({ entry }) => rowOf(entry, wish, current)));
  byId('pages').hidden = pages === 1;
  byId('page-number').textContent = `Page ${page + 1} of ${pages}`;
  byId('previous-page').disabled = page === 0;
  byId('next-page').disabled = page === pages - 1;
  const told = found.length === total ? `All ${counted(total, 'task')}` : `${found.length.toLocaleString('en')} of ${counted(total, 'task')}`;
  if (byId('found').textContent !== told) byId('found').textContent = told;
}

// Arrow keys, Home and End walk the list. Tab still passes through it: nobody is caught in it.
function walk(event) {
  const links = [...byId('list').querySelectorAll('a')];
  const at = links.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  if (to < 0) byId('q').focus();
  else if (links[to]) links[to].focus();
  event.preventDefault();
}
