// The page of one task: who calls, the conversation, what changes, what must be said, prices and preference, score, verdicts.

// Puts line breaks into JSON text without reading its values, so that numbers stay the ones that were written.
function spread(text) {
  let out = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted) {
      out += letter;
      if (letter === '\\') out += text[(at += 1)] ?? '';
      else if (letter === '"') quoted = false;
    } else if (letter === '"') {
      quoted = true;
      out += letter;
    } else if ('[{'.includes(letter)) {
      const empty = ']}'.includes(text[at + 1] ?? ' ');
      depth += empty ? 0 : 1;
      out += empty ? letter + text[(at += 1)] : `${letter}\n${'  '.repeat(depth)}`;
    } else if (']}'.includes(letter)) {
      depth = Math.max(0, depth - 1);
      out += `\n${'  '.repeat(depth)}${letter}`;
    } else if (letter === ',') out += `,\n${'  '.repeat(depth)}`;
    else out += letter === ':' ? ': ' : letter;
  }
  return out;
}

const isJson = (text) => { try { JSON.parse(text); return true; } catch { return false; } };
const shownJson = (label, text) => [element('p', { class: 'label', 'aria-hidden': true }, label),
  element('pre', { tabindex: 0, role: 'group', 'aria-label': label }, isJson(text) ? spread(text) : text)];
const facts = (pairs) => element('dl', { class: 'facts' },
  pairs.filter(([, value]) => value).map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
const section = (title, ...children) => element('section', {}, element('h4', {}, title), ...children);

function callOf(call, result, writing) {
  const short = call.arguments.length > 90 ? `${call.arguments.slice(0, 90)}…` : call.arguments;
  return element('details', { class: 'call' },
    element('summary', {}, element('code', {}, call.name),
      writing.includes(call.name) ? element('span', { class: 'tag warn' }, 'writes') : null,
      element('span', { class: 'short' }, short)),
    shownJson('Arguments', call.arguments), shownJson('Result', result ?? 'none'));
}

function conversationOf(conversation, writing) {
  const results = new Map(conversation.messages.filter((said) => said.role === 'tool').map((said) => [said.tool_call_id, said.content]));
  const speakers = { user: 'Caller', assistant: 'Agent' };
  const turns = [];
  for (const said of conversation.messages) {
    if (said.role === 'system') {
      turns.push(element('li', { class: 'system' }, element('details', {},
        element('summary', {}, 'What the agent was told before'), element('p', { class: 'text' }, said.content ?? ''))));
      continue;
    }
    if (said.role === 'tool') continue;
    if (said.content) {
      turns.push(element('li', { class: `bubble ${said.role}` },
        element('p', { class: 'label' }, speakers[said.role] ?? said.role), element('p', { class: 'text' }, said.content)));
    }
    if (said.calls) {
      turns.push(element('li', { class: 'calls' },
        said.calls.map((call) => callOf(call, results.get(call.id), writing))));
    }
  }
  return element('ol', { class: 'conversation', 'aria-label': `Conversation, ${conversation.source}` }, turns);
}

const valueOf = (value) => value === undefined ? '' : value === null ? element('em', {}, 'null') : typeof value === 'string' ? value : JSON.stringify(value);

const cell = (...content) => element('td', {}, ...content);

function changesOf(changes) {
  if (!changes.length) return element('p', {}, 'None: nothing may change.');
  const rows = changes.flatMap((change) => {
    const columns = [...new Set([...Object.keys(change.before), ...Object.keys(change.after)])];
    const named = element('th', { scope: 'row', rowspan: Math.max(1, columns.length) }, change.table, element('br'),
      element('code', {}, change.key.join(', ')), element('br'), element('span', { class: 'tag' }, change.operation));
    if (!columns.length) return [[named, cell(element('em', {}, 'free text only')), cell(), cell()]];
    return columns.map((column, place) => [...(place ? [] : [named]),
      cell(column), cell(valueOf(change.before[column])), cell(valueOf(change.after[column]))]);
  });
  return table('State difference', ['Row', 'Column', 'Before', 'After'], rows);
}

function saidOf(statements) {
  if (!statements.length) return element('p', {}, 'Nothing need be said.');
  return table('What must be said', ['About', 'Kind', 'Value'],
    statements.map((one) => [one.about, one.kind, `${one.value}${one.unit ? ` ${one.unit}` : ''}`]));
}

function offerOf(detail) {
  const tools = facts([['Tools it needs', detail.tools.needed.join(', ')], ['It also offers', detail.tools.others.join(', ') || 'none']]);
  const offer = detail.orchestration;
  if (!offer) return [tools, element('p', {}, 'The task offers no experts.')];
  const weights = (values) => Object.entries(values).map(([name, weight]) => `${name} ${weight}`).join(', ');
  return [tools,
    element('p', { class: 'quiet' }, `Dollars per million tokens, list prices of ${offer.provider} on ${offer.priced_on}; experts are asked through ${offer.asked_through}.`),
    table('Experts and prices', ['Model', 'Kind', '$ in', '$ out', 'Tokens a second', 'First token'],
      offer.models.map((one) => [one.name, one.kind, one.dollars_in, one.dollars_out, one.tokens_per_second, `${one.seconds_to_first_token} s`].map((cell) => typeof cell === 'number' ? String(cell) : cell))),
    element('blockquote', {}, offer.instruction),
    facts([['Preference', offer.pair], ['Weighs', weights(offer.aspects)], ['Prefers', weights(offer.weighed) || 'no tool or expert']])];
}

const judged = (passed) => element('span', { class: `tag ${passed ? 'good' : 'bad'}` }, passed ? 'passed' : 'failed');

function verdictsOf(verdicts) {
  const evident = verdicts.some((one) => one.evidence);
  return table('Verdicts', ['Rule', 'Verdict', 'Variants played', ...(evident ? ['Evidence'] : [])],
    verdicts.map((one) => [one.rule, judged(one.passed), one.tried ? one.tried.toLocaleString('en') : '', ...(evident ? [one.evidence] : [])]));
}

function scoreOf(parts, passed) {
  return table('Parts of the score', ['Part', 'What it asks of this task', 'Reference'],
    parts.map((part) => [part.name, part.asked, passed ? judged(true) : 'see the verdicts']));
}

function wishesOf(wishes) {
  if (!wishes.length) return null;
  return section('What must be refused', table('Wishes that break a rule', ['Rule', 'The call that the caller wants'],
    wishes.map((wish) => [wish.rule, element('code', {}, `${wish.name}(${wish.arguments})`)])));
}

function solvedOf(solved) {
  if (!solved.length) return null;
  return section('Solved by models', table('Attempts', ['Model', 'Played the caller', 'Attempts', 'Solved'],
    solved.map((one) => [one.model, one.user, String(one.attempts), String(one.solved)])));
}

function taskPage(entry, detail, ways) {
  const counts = detail.difficulty;
  const [reference, ...solutions] = detail.conversations;
  const proven = detail.verdicts.some((one) => one.rule === 'reference-scores-one' && one.passed);
  return [
    element('nav', { class: 'ways', 'aria-label': 'Task' }, ways),
    element('h3', { id: 'task-heading', tabindex: -1 }, entry.id),
    element('p', { class: 'tags' }, [entry.domain, entry.split].map((text) => element('span', { class: 'tag' }, text)),
      element('span', { class: `tag ${entry.level}` }, entry.level), entry.traits.map((trait) => element('span', { class: 'tag' }, trait))),
    element('p', { class: 'quiet' }, [counted(counts.calls, 'call'), counted(counts.writes, 'write'), counted(counts.joins, 'join'),
      counted(counts.rules, 'rule'), counted(counts.requests, 'request'), counted(counts.turns, 'turn')].join(', ')),
    section('Caller', element('p', {}, detail.scenario.persona), element('p', { class: 'text' }, detail.scenario.task_instructions),
      element('details', {}, element('summary', {}, 'What the caller knows, and does not know'),
        facts([['Knows', element('span', { class: 'text' }, detail.scenario.known_info || 'nothing')],
          ['Does not know', element('span', { class: 'text' }, detail.scenario.unknown_info || 'nothing of what may be asked')]]))),
    section('Conversation', reference ? conversationOf(reference, detail.writing) : element('p', {}, 'The build has none.'),
      solutions.map((one) => element('details', {}, element('summary', {}, `Solution of ${one.source}`), conversationOf(one, detail.writing)))),
    section('State difference', changesOf(detail.changes)),
    section('Must be said', saidOf(detail.statements)),
    wishesOf(detail.wishes),
    section('Tools, experts and preference', offerOf(detail)),
    section('Score', scoreOf(detail.parts, proven)),
    section('Verdicts', verdictsOf(detail.verdicts)),
    solvedOf(detail.solved),
    section('Origin', facts([['Intents', entry.intents.join(', ')], ['Rules', entry.rules.join(', ')], ['Environment', detail.environment_id],
      ['Author', `${detail.origin.author} ${detail.origin.version}`],
      ['Drawn with', `seed ${detail.origin.seed}, database seed ${detail.origin.database_seed}, draw ${detail.origin.draw}`]])),
  ].filter(Boolean);
}
