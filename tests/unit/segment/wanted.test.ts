import { wantsSegmentation } from '@spatile/coordinator/segment/setup';
import type { SlideBundle } from '@spatile/formats/bundle/slide';
import { expect, test } from 'vitest';
import { config } from '../../pipeline/slide.ts';

const bundle = (message: string | null) =>
  ({
    name: 'outs',
    images: [],
    priors: [],
    findings: message === null ? [] : [{ level: 'warning', code: 'IMAGE_LEFT_OUT', message }],
  }) as unknown as SlideBundle;
const asked = config({ segment: { method: 'watershed' } });

test('a bundle without an image says so when its image is to be segmented', () => {
  expect(() => wantsSegmentation(bundle(null), asked, false)).toThrow(
    /there is no image to segment by watershed/,
  );
});

test('a bundle whose image is damaged says what is wrong with it', () => {
  const why = 'image morphology is left out: the file is cut off';
  expect(() => wantsSegmentation(bundle(why), asked, false)).toThrow(why);
});
