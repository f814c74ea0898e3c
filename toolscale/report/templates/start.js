// The address decides what is seen: #figures (or an anchor in them), #tasks?WISH, #task/ID?WISH.

let entries = [];
let placeOf = new Map();
let page = 0;
let wish = wishOf('');
let opened = null;

function parsed(hash) {
  const [path, query = ''] = hash.replace(/^#/, '').split('?');
  if (path === 'tasks') return { view: 'tasks', wish: wishOf(query), task: null };
  if (path.startsWith('task/')) return { view: 'tasks', wish: wishOf(query), task: decodeURIComponent(path.slice(5)) };
  return { view: 'figures' };
}

const addressOf = (task) => {
  const query = queryOf(wish);
  return `${task === null ? '#tasks' : `#task/${encodeURIComponent(task)}`}${query ? `?${query}` : ''}`;
};

function showView(view) {
  for (const name of ['figures', 'tasks']) {
    byId(`${name}-view`).hidden = name !== view;
    if (name === view) byId(`to-${name}`).setAttribute('aria-current', 'page');
    else byId(`to-${name}`).removeAttribute('aria-current');
  }
}

function refresh() {
  const found = matching(entries, wish).map((entry) => ({ entry }));
  page = Math.min(page, Math.max(0, Math.ceil(found.length / TASKS_A_PAGE) - 1));
  showFilters(entries, wish);
  showList(found, wish, page, opened, entries.length);
  return found.map(({ entry }) => entry);
}

function neighbours(id) {
  const found = matching(entries, wish);
  const at = found.findIndex((entry) => entry.id === id);
  const way = (entry, text, rel) => entry ? element('a', { href: addressOf(entry.id), rel }, text) : null;
  return [element('a', { href: addressOf(null), class: 'back' }, 'Back to the list'),
    at < 0 ? null : way(found[at - 1], 'Previous', 'prev'), at < 0 ? null : way(found[at + 1], 'Next', 'next')].filter(Boolean);
}

async function showTask(id) {
  const place = placeOf.get(id);
  const article = byId('task');
  document.body.classList.toggle('reading', id !== null);
  article.hidden = id === null;
  if (id === null) return;
  const shown = place === undefined
    ? [element('nav', { class: 'ways', 'aria-label': 'Task' }, neighbours(id)), element('h3', { id: 'task-heading', tabindex: -1 }, id),
      element('p', { class: 'note' }, 'This page does not hold that task.')]
    : taskPage(entries[place], await detailOf(place), neighbours(id));
  if (opened !== id) return; // another one was asked for meanwhile
  article.replaceChildren(...shown);
  byId('list').querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' });
  byId('task-heading').focus({ preventScroll: true });
  article.scrollIntoView({ block: 'start' });
}

async function follow() {
  const asked = parsed(location.hash);
  showView(asked.view);
  if (asked.view !== 'tasks') return;
  const [before, same] = [opened, queryOf(asked.wish) === queryOf(wish)];
  wish = asked.wish;
  opened = asked.task;
  const found = refresh();
  const at = found.findIndex((entry) => entry.id === opened);
  if (at >= 0 && Math.floor(at / TASKS_A_PAGE) !== page) {
    page = Math.floor(at / TASKS_A_PAGE);
    refresh();
  }
  await showTask(opened);
  if (opened !== null) return;
  const left = before && [...byId('list').querySelectorAll('a')].find((link) => link.querySelector('strong').textContent === before);
  if (left) left.focus();
  else if (!same || document.activeElement === document.body) window.scrollTo(0, 0);
}

function wished() {
  wish = { ...Object.fromEntries(FILTERS.map((name) => [name, byId(name).value])), q: byId('q').value.trim() };
  page = 0;
  history.replaceState(null, '', addressOf(opened));
  refresh();
}

function turn(by) {
  page += by;
  refresh();
  byId('found').scrollIntoView({ block: 'start' });
  byId('list').querySelector('a').focus({ preventScroll: true });
}

function keyPressed(event) {
  const writing = ['INPUT', 'SELECT', 'TEXTAREA'].includes(document.activeElement.tagName);
  if (byId('tasks-view').hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/' && !writing) {
    event.preventDefault();
    byId('q').focus();
  } else if (event.key === 'Escape' && opened !== null && !writing) location.hash = addressOf(null);
}

async function start() {
  if (typeof DecompressionStream === 'undefined') {
    byId('found').textContent = 'This browser is too old to unpack the tasks: it has no DecompressionStream.';
    showView('figures');
    return;
  }
  entries = (await unpacked('entries')).map((entry) => ({ ...entry, text: searchable(entry) }));
  placeOf = new Map(entries.map((entry, place) => [entry.id, place]));
  byId('filters').addEventListener('input', wished);
  byId('filters').addEventListener('submit', (event) => { event.preventDefault(); byId('list').querySelector('a')?.focus(); });
  byId('filters').addEventListener('reset', (event) => {
    event.preventDefault();
    showFilters(entries, wishOf(''));
    wished();
  });
  document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault(); // the address says which view is seen
    byId('content').focus();
  });
  byId('list').addEventListener('keydown', walk);
  byId('q').addEventListener('keydown', (event) => { if (event.key === 'ArrowDown') walk(event); });
  byId('previous-page').addEventListener('click', () => turn(-1));
  byId('next-page').addEventListener('click', () => turn(1));
  document.addEventListener('keydown', keyPressed);
  window.addEventListener('hashchange', follow);
  await follow();
  document.body.dataset.ready = 'true';
}

start();
