import { describe, expect, test } from 'vitest';
import { type KubernetesObject, problemsOf } from './schema.ts';

const pod = (spec: object): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec,
});
const containers = [{ name: 'c', image: 'i', resources: { limits: { memory: '1Gi' } } }];

describe('the check of Kubernetes objects', () => {
  test('has nothing against one that is right', () => {
    expect(problemsOf(pod({ containers, nodeSelector: { a: 'b' } }))).toEqual([]);
  });

  test.each([
    [
      'a field that does not exist',
      { containers, restartPolice: 'Never' },
      /restartPolice: there is no such/,
    ],
    ['one deep inside', { containers: [{ ...containers[0], command: [], cmd: [] }] }, /containers\[0\]\.cmd/],
    ['a wrong type', { containers, terminationGracePeriodSeconds: '60' }, /terminationGracePeriodSeconds/],
    ['something missing', { containers: [{ image: 'i' }] }, /name/],
    ['no amount', { containers: [{ ...containers[0], resources: { limits: { memory: true } } }] }, /memory/],
  ])('finds %s', (_, spec, message) => {
    expect(problemsOf(pod(spec)).join('\n')).toMatch(message);
  });

  test('knows the objects of KEDA and of the Prometheus operator', () => {
    const scaled = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 's' } };
    expect(problemsOf({ ...scaled, spec: { scaleTargetRef: { name: 'x' } } }).join()).toMatch(/triggers/);
    const monitor = {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name: 'm' },
    };
    expect(problemsOf({ ...monitor, spec: { selector: {}, endpoints: 'http' } }).join()).toMatch(/endpoints/);
  });
});
