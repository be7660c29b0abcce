import * as z from 'zod';

/** Parts that several values of the chart have in common. */

/** An amount as Kubernetes writes it: `500m`, `2`, `4Gi`. */
export const quantity = z.string().regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/);
export const texts = z.record(z.string(), z.string());

/** Where pods go. */
export const placement = {
  nodeSelector: texts.default({}).describe('labels of the nodes'),
  tolerations: z
    .array(
      z.strictObject({
        key: z.string().optional().describe('of the taint'),
        operator: z.enum(['Exists', 'Equal']).optional().describe('how it is compared'),
        value: z.string().optional().describe('of the taint'),
        effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).optional().describe('of the taint'),
        tolerationSeconds: z.int().min(0).optional().describe('how long it is borne'),
      }),
    )
    .max(50)
    .default([])
    .describe('taints of nodes that are borne'),
  affinity: z.looseObject({}).default({}).describe('affinity of the pods, as Kubernetes has it'),
  priorityClass: z.string().default('').describe('name of a PriorityClass'),
  podLabels: texts.default({}).describe('more labels of the pods'),
  podAnnotations: texts.default({}).describe('annotations of the pods'),
};

/** A key of a Secret that is there already. */
export const secretKey = (key: string, what: string) =>
  z
    .strictObject({
      existingSecret: z.string().default('').describe('name of the Secret; empty: none'),
      key: z.string().min(1).default(key).describe('key in it'),
    })
    .describe(what);
