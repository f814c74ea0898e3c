// Elements. All text goes through text nodes and attributes: nothing that comes from data is ever read as markup.

const byId = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const counted = (number, what) => `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;

// A table in a box that scrolls by itself where the screen is too narrow for it; keys scroll it, so it takes the focus.
function table(caption, headings, rows) {
  const head = headings.map((heading) => element('th', { scope: 'col' }, heading));
  const body = rows.map((cells) =>
    element('tr', {}, cells.map((cell, place) =>
      cell instanceof HTMLTableCellElement ? cell : element(place ? 'td' : 'th', place ? {} : { scope: 'row' }, cell))));
  return element('div', { class: 'scroll', role: 'group', 'aria-label': caption, tabindex: 0 },
    element('table', { class: headings.length > 4 ? 'texts many' : 'texts' }, element('caption', { class: 'hidden' }, caption),
      element('thead', {}, element('tr', {}, head)), element('tbody', {}, body)));
}
