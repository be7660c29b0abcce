import { distance } from 'fastest-levenshtein';

/**
 * The known word closest to `word` by edits, or null when none is close enough to be a likely slip (at most two edits, or a
 * third of its length). Case does not count; ties go to the word listed first.
 */
export function nearestWord(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestEdits = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < bestEdits && edits < candidate.length) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/**
 * The known dotted path closest to `path`: a slip in one of its words, or a setting of that name in another section.
 */
export function nearestPath(path: string, known: readonly string[]): string | null {
  const lastOf = (dotted: string) => dotted.slice(dotted.lastIndexOf('.') + 1);
  const parentOf = (dotted: string) => dotted.slice(0, Math.max(0, dotted.lastIndexOf('.')));
  const siblings = known.filter((candidate) => parentOf(candidate) === parentOf(path));
  const sibling = nearestWord(lastOf(path), siblings.map(lastOf));
  if (sibling !== null) return siblings[siblings.map(lastOf).indexOf(sibling)];
  const namesakes = known.filter(
    (candidate) => lastOf(candidate).toLowerCase() === lastOf(path).toLowerCase(),
  );
  return nearestWord(path, namesakes) ?? namesakes[0] ?? nearestWord(path, known);
}
