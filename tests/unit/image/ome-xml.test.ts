import { parseOmeXml } from '@spatile/formats/image/ome-xml';
import { describe, expect, it } from 'vitest';

const ome = (pixels: string, inside: string, uuid = ''): string =>
  `<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" ${uuid}><Image ID="Image:0"><Pixels ${pixels}>${inside}</Pixels></Image></OME>\0`;

const FOUR = ['DAPI', 'ATP1A1/CD45/E-Cadherin', '18S', 'AlphaSMA/Vimentin'];

describe('parseOmeXml', () => {
  it('takes the planes of its own file out of a multi-file set', () => {
    const inside =
      FOUR.map((name, i) => `<Channel ID="Channel:${i}" Name="${name}"/>`).join('') +
      FOUR.map(
        (_, i) =>
          `<TiffData IFD="0" FirstC="${i}" PlaneCount="1"><UUID FileName="morphology_focus_000${i}.ome.tif">urn:uuid:${i}</UUID></TiffData>`,
      ).join('');
    const xml = ome(
      'SizeC="4" SizeZ="1" DimensionOrder="XYZCT" PhysicalSizeX="0.2125"',
      inside,
      'UUID="urn:uuid:2"',
    );
    expect(parseOmeXml(xml, '/data/morphology_focus/morphology_focus_0002.ome.tif')).toMatchObject({
      channels: FOUR,
      physicalSizeUm: 0.2125,
      planes: [{ page: 0, channel: 2, z: 0 }],
    });
    expect(parseOmeXml(xml, '/data/renamed.tif')?.planes).toEqual([{ page: 0, channel: 2, z: 0 }]);
  });

  it('counts planes in the order of the dimensions', () => {
    const inside = '<Channel Name="a"/><Channel Name="b"/><TiffData IFD="0" PlaneCount="6"/>';
    expect(
      parseOmeXml(ome('SizeC="2" SizeZ="3" DimensionOrder="XYZCT"', inside), 'a.tif')?.planes.map(
        ({ channel }) => channel,
      ),
    ).toEqual([0, 0, 0, 1, 1, 1]);
    expect(
      parseOmeXml(ome('SizeC="2" SizeZ="3" DimensionOrder="XYCZT"', inside), 'a.tif')?.planes.map(
        ({ z }) => z,
      ),
    ).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('reads lengths in any unit, mis-encoded micro signs included', () => {
    const size = (unit: string): number | null | undefined =>
      parseOmeXml(
        ome(`SizeC="1" PhysicalSizeX="2" ${unit && `PhysicalSizeXUnit="${unit}"`}`, '<Channel Name="a"/>'),
        'a.tif',
      )?.physicalSizeUm;
    expect(['', 'µm', 'μm', '&#181;m', '�m', 'Âµm', 'um', 'nm', 'mm', 'pixel'].map(size)).toEqual([
      2,
      2,
      2,
      2,
      2,
      2,
      2,
      0.002,
      2000,
      null,
    ]);
  });

  it('gives null for what is no OME-XML and keeps unnamed channels', () => {
    for (const text of ['', '{"shape": [1, 2]}', 'Aperio Image Library', '<OME><Image></OME', '<OMEGA/>']) {
      expect(parseOmeXml(text, 'a.tif')).toBeNull();
    }
    expect(
      parseOmeXml(ome('SizeC="2"', '<Channel Name="a"/><Channel ID="Channel:1"/>'), 'a.tif')?.channels,
    ).toEqual(['a', null]);
  });

  it('does not expand nested entities', () => {
    const bomb = `<!DOCTYPE OME [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 20 }, (_, i) => `<!ENTITY a${i} "${`&a${i || ''};`.repeat(10)}">`).join('')}]>`;
    const xml = `<?xml version="1.0"?>${bomb}<OME><Image><Pixels SizeC="1"><Channel Name="&a19;"/></Pixels></Image></OME>`;
    const name = parseOmeXml(xml, 'a.tif')?.channels[0] ?? '';
    expect(name.length).toBeLessThan(100_000);
  });
});
