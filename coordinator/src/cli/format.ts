/** A count with thousands separators: `1,234,567`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A count with its unit, in the singular where there is one: `1 tile`, `80 tiles`. */
export function amount(value: number, unit: string): string {
  return `${count(value)} ${value === 1 ? unit.replace(/s$/, '') : unit}`.trim();
}

/** What filters took away, by reason: `, 9,000 left out (low quality)`; reasons that took nothing are not mentioned. */
export function leftOut(filtered: Readonly<Record<string, number>>): string {
  return Object.entries(filtered)
    .filter(([, rows]) => rows > 0)
    .map(([reason, rows]) => {
      const words = reason.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      return `, ${count(rows)} left out (${words})`;
    })
    .join('');
}

/** Seconds for people: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Bytes in binary units: `512 B`, `1.5 GiB`. */
export function byteSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  let amount = bytes;
  while (amount >= 1024 && power < units.length - 1) {
    amount /= 1024;
    power += 1;
  }
  return `${power === 0 ? amount : amount.toFixed(1)} ${units[power]}`;
}

/** A share as per cent with one decimal: `83.4 %`; `-` when there is nothing to divide by. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
}

/** Lines `name   value` with the values aligned; rows without a value are left out. */
export function facts(rows: readonly (readonly [string, string | null])[]): string {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== null);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}
