import { SpatileError } from '@spatile/formats/errors';

export interface Address {
  /** Without the brackets of IPv6. */
  host: string;
  port: number;
}

/** Takes `host:port` or `[IPv6]:port` apart. Errors: `USAGE`. @param option where it was said. */
export function readAddress(option: string, text: string): Address {
  const [, six, name, port] = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? name;
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new SpatileError(
    'USAGE',
    `${option}: no address (${text}); expected host:port such as 127.0.0.1:8080 or [::1]:8080; correct it`,
    { fields: { option, value: text } },
  );
}

/** An address as people and programs write it. */
export const writeAddress = ({ host, port }: Address): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Whether a host stands for every address of a machine: one may listen there, but nobody can call it. */
export const isWildcard = ({ host }: Address): boolean =>
  /^(0+(\.0+){0,3}|[0:]+|::ffff:0\.0\.0\.0)$/i.test(host);
