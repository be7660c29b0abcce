import { type ConfigField, configFields } from './fields.ts';

const HEAD = `# Configuration

Every setting that can change a result, with its default. This page is generated from \`formats/src/config/schema.ts\` by
\`npm run docs\`; do not edit it by hand.

Settings come from the defaults, then a YAML file (\`--config run.yaml\`), then \`--set path=value\`, then the options that
have a name of their own (\`--assign\`, \`--seed\`, \`--tile-size\`, \`--memory-per-worker\`, \`--platform\`); the later one wins.
An unknown key is an error. The resolved configuration is stored in the output (\`spatile\` in the root attributes of the
Zarr) and is part of the run's identity: a run is only resumed with the same one.

\`\`\`yaml
seed: 7
assign:
  method: expand
  expand:
    distanceUm: 8
\`\`\`

is the same as \`--seed 7 --assign expand --set assign.expand.distanceUm=8\`.
`;

/** The text of `docs/configuration.md`: one table per section, one row per setting. */
export function configReference(): string {
  const fields = configFields();
  const top = fields.filter((field) => !field.section && !field.path.includes('.'));
  const sections = fields.filter((field) => field.section);
  const parts = [HEAD, '## Top level\n', table(top)];
  for (const section of sections) {
    const members = fields.filter((field) => !field.section && parentOf(field) === section.path);
    if (members.length === 0) continue;
    parts.push(`## ${section.path}\n`);
    if (section.description) parts.push(`${sentence(section.description)}\n`);
    parts.push(table(members));
  }
  return parts.join('\n');
}

function table(fields: ConfigField[]): string {
  const rows = fields.map(
    (field) =>
      `| \`${field.path}\` | ${cell(field.allowed)} | \`${cell(JSON.stringify(field.default))}\` | ${cell(field.description)} |`,
  );
  return ['| path | allowed | default | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

function parentOf(field: ConfigField): string {
  return field.path.slice(0, Math.max(0, field.path.lastIndexOf('.')));
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
