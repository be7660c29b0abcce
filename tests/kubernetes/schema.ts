import { createRequire } from 'node:module';
import * as client from '@kubernetes/client-node';

/** An object of Kubernetes' API, as it is sent. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  [key: string]: unknown;
}

const require = createRequire(import.meta.url);
/** Validators made from the OpenAPI documents of these; everything else is Kubernetes' own. */
const OPERATORS: Readonly<Record<string, string>> = {
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

type Validated = new (object: object) => { validate(): void };

/**
 * What an object has wrong by Kubernetes' OpenAPI: types, choices and what is required by validators made from it, and, for
 * Kubernetes' own kinds, fields that do not exist, which an API server drops in silence.
 */
export function problemsOf(object: KubernetesObject): string[] {
  const group = object.apiVersion.split('/').at(-2) ?? '';
  const models = OPERATORS[group] ?? 'kubernetes-models';
  const problems: string[] = [];
  try {
    const kind = require(`${models}/${object.apiVersion}/${object.kind}`)[object.kind] as Validated;
    new kind(object).validate();
  } catch (error) {
    problems.push((error as Error).message);
  }
  if (OPERATORS[group] === undefined) unknownFields(object, modelOf(object), object.kind, problems);
  return problems;
}

interface Attribute {
  name: string;
  baseName: string;
  type: string;
}

type Model = { getAttributeTypeMap(): Attribute[] };

/** `networking.k8s.io/v1` NetworkPolicy -> the model V1NetworkPolicy. */
function modelOf({ apiVersion, kind }: KubernetesObject): string {
  const version = apiVersion.split('/').at(-1)!;
  return `${version[0].toUpperCase()}${version.slice(1)}${kind}`;
}

function unknownFields(value: unknown, type: string, path: string, problems: string[]): void {
  const [, element] = /^Array<(.+)>$/.exec(type) ?? [];
  const [, member] = /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? [];
  if (element !== undefined && Array.isArray(value)) {
    for (const [i, item] of value.entries()) unknownFields(item, element, `${path}[${i}]`, problems);
  } else if (member !== undefined && typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) unknownFields(item, member, `${path}.${key}`, problems);
  } else if (typeof value === 'object' && value !== null) {
    const model = (client as unknown as Record<string, Model | undefined>)[type];
    if (model?.getAttributeTypeMap === undefined) return;
    const known = new Map(model.getAttributeTypeMap().map((entry) => [entry.baseName, entry.type]));
    for (const [key, item] of Object.entries(value)) {
      const within = known.get(key);
      if (within === undefined) problems.push(`${path}.${key}: there is no such field`);
      else unknownFields(item, within, `${path}.${key}`, problems);
    }
  }
}
