import { describe, expect, it } from 'vitest';
import { gatedScores, meanScores, pooledSd } from '../../../gate/scores.ts';
import { flatWork, totalWork } from '../../../gate/work.ts';

describe('scores', () => {
  it('are taken where the judge gives a number, and left out elsewhere', () => {
    expect(gatedScores({ f1: 0.5, leakedHome: null, ari: 0.4, foreignMarkers: 0 })).toEqual({
      f1: 0.5,
      foreignMarkers: 0,
    });
  });

  it('are averaged over seeds where all have them', () => {
    expect(meanScores([{ f1: 0.5, detection: 1 }, { f1: 0.7 }])).toEqual({ f1: 0.6 });
  });

  it('vary by what seeds do within slides, not by what slides do', () => {
    const sd = pooledSd([
      [{ f1: 0.1 }, { f1: 0.3 }],
      [{ f1: 0.7 }, { f1: 0.9 }, { f1: 0.8 }],
    ]);
    expect(sd.f1).toBeCloseTo(Math.sqrt((0.02 + 0.02) / 3), 12);
    expect(Object.keys(sd)).toEqual(['f1']);
  });

  it('of one run alone have no noise to speak of', () => {
    expect(pooledSd([[{ f1: 0.1 }], [{ f1: 0.9 }]])).toEqual({});
  });
});

describe('work', () => {
  it('of a run is flat: operations over steps, bytes by folder', () => {
    const folder = { filesRead: 3, bytesRead: 30, filesWritten: 1, bytesWritten: 10 };
    const steps = { assign: { tasks: 2, records: 5, wasmPages: 7 }, outline: { tasks: 1, wasmPages: 3 } };
    expect(flatWork({ steps, storage: { settled: folder }, outputBytes: 99 })).toEqual({
      tasks: 3,
      records: 5,
      wasmPages: 7,
      outputBytes: 99,
      'settled/bytesRead': 30,
      'settled/bytesWritten': 10,
      'settled/files': 4,
    });
  });

  it('of several runs is summed, without what nobody did', () => {
    expect(
      totalWork([
        { records: 2, multiplyAdds: 0, wasmPages: 5 },
        { records: 3, wasmPages: 4 },
      ]),
    ).toEqual({
      records: 5,
      wasmPages: 5,
    });
  });
});
