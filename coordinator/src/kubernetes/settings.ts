import { readFile, stat } from 'node:fs/promises';
import { type KubernetesConfig, kubernetesSchema } from '@spatile/formats/config/kubernetes';
import { SpatileError } from '@spatile/formats/errors';
import { parse } from 'yaml';

/** No such file comes near this size, bytes. */
const LARGEST = 2 ** 20;

/**
 * Reads the file of `spatile serve --kubernetes` (YAML). Errors: `CONFIG_UNREADABLE` for a file that is not there, too long or
 * no YAML, `CONFIG_INVALID` for what is not allowed in it.
 */
export async function readKubernetes(file: string): Promise<KubernetesConfig> {
  const parsed = kubernetesSchema.safeParse(await content(file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SpatileError(
    'CONFIG_INVALID',
    `${file}: ${issue.path.join('.') || 'all of it'} is not allowed (${issue.message}); expected what docs/kubernetes.md says of this file; correct it`,
    { fields: { file, path: issue.path.join('.') } },
  );
}

async function content(file: string): Promise<unknown> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST) throw new Error(`${size} bytes, at most 1 MiB`);
    return parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message.split('\n')[0];
    throw new SpatileError(
      'CONFIG_UNREADABLE',
      `${file}: the settings for Kubernetes cannot be read (${why}); expected a YAML file; check the path given to --kubernetes`,
      { cause, fields: { file } },
    );
  }
}
