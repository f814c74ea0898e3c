// The embedded data: the entries of the list at once, the details of tasks when one of their chunk is looked at.

const TASKS_A_CHUNK = Number(byId('task').dataset.chunk);

async function unpacked(id) {
  const bytes = Uint8Array.from(atob(byId(id).textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).json();
}

const chunks = new Map();

async function detailOf(place) {
  const number = Math.floor(place / TASKS_A_CHUNK);
  if (!chunks.has(number)) chunks.set(number, unpacked(`chunk-${number}`));
  return (await chunks.get(number))[place % TASKS_A_CHUNK];
}
