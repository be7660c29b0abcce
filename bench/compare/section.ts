/** A section of a page; nothing when all of its lines are missing. */
export function section(title: string, ...lines: readonly (string | null)[]): string[] {
  return lines.every((line) => line === null)
    ? []
    : [`## ${title}`, '', ...lines.flatMap((line) => (line === null ? [] : [line, '']))];
}
