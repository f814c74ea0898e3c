// Which tasks are asked for. The wish is kept in the address (#tasks?domain=bank&q=card), so that a view can be linked to.

const FILTERS = ['domain', 'level', 'tool', 'rule', 'split', 'trait'];
const VALUES = {
  domain: (entry) => [entry.domain],
  level: (entry) => [entry.level],
  tool: (entry) => entry.tools,
  rule: (entry) => entry.rules,
  split: (entry) => [entry.split],
  trait: (entry) => entry.traits,
};
const ORDERS = { level: ['easy', 'medium', 'hard'], split: ['train', 'validation', 'test', 'test_unseen'] };

function searchable(entry) {
  return [entry.id, entry.caller, entry.domain, ...entry.intents, ...entry.tools, ...entry.reasons].join('\n').toLowerCase();
}

function wishOf(query) {
  const given = new URLSearchParams(query);
  return Object.fromEntries([...FILTERS, 'q'].map((name) => [name, given.get(name) || '']));
}

function queryOf(wish) {
  return new URLSearchParams(Object.entries(wish).filter(([, value]) => value)).toString();
}

function matching(entries, wish) {
  const words = wish.q.toLowerCase().split(/\s+/).filter(Boolean);
  const asked = FILTERS.filter((name) => wish[name]);
  return entries.filter((entry) =>
    asked.every((name) => VALUES[name](entry).includes(wish[name])) && words.every((word) => entry.text.includes(word)));
}

// The choices of a filter: what tasks have that pass all the other filters, with how many there are.
function choicesOf(name, entries, wish) {
  const counts = new Map();
  for (const entry of matching(entries, { ...wish, [name]: '' })) {
    for (const value of VALUES[name](entry)) counts.set(value, (counts.get(value) || 0) + 1);
  }
  if (wish[name] && !counts.has(wish[name])) counts.set(wish[name], 0);
  const order = ORDERS[name] || [];
  return [...counts].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other) || (one < other ? -1 : 1));
}

function showFilters(entries, wish) {
  for (const name of FILTERS) {
    const options = choicesOf(name, entries, wish).map(([value, count]) =>
      element('option', { value }, `${value} (${count.toLocaleString('en')})`));
    byId(name).replaceChildren(element('option', { value: '' }, 'any'), ...options);
    byId(name).value = wish[name];
  }
  if (byId('q').value !== wish.q) byId('q').value = wish.q;
}
