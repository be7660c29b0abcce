import { growRect, type RectUm, rectContains } from '@spatile/formats/space';
import type { AssignTile, StoredTile } from '@spatile/formats/tile/assign';
import { encodeGenes } from '@spatile/formats/tile/rows';
import type { CellIndex } from '../cells/region.ts';
import { ringTables } from '../cells/ring-tables.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';

/** Makes the input of one tile (or of any rectangle that is treated like one: a pilot window, a border strip). */
export class TileInputs {
  private readonly slide: SlideContext;
  private readonly regions: RegionReader;
  private readonly index: CellIndex;
  /** The same for every task of a run. */
  private readonly genes: Uint8Array;

  constructor(slide: SlideContext, regions: RegionReader, index: CellIndex) {
    this.slide = slide;
    this.regions = regions;
    this.index = index;
    this.genes = encodeGenes(slide.features.modelGene);
  }

  /** What a task says of a tile, and where its transcripts are stored. */
  storedTile(id: string, core: RectUm, haloUm: number): StoredTile {
    const region = growRect(core, haloUm);
    const { features, config, scan } = this.slide;
    return {
      meta: {
        tile: id,
        core,
        region,
        gridOriginUm: this.slide.plan.gridOriginUm,
        seed: config.seed,
        genes: features.modelGenes,
        hasZ: scan.hasZ,
      },
      ...this.cellTables(core, region),
      genes: this.genes,
      blocks: this.regions.blocks(region),
    };
  }

  private cellTables(core: RectUm, region: RectUm): Pick<AssignTile, 'cells' | 'rings' | 'vertices'> {
    const { cells } = this.slide;
    const touching = this.index.touching(region);
    const n = touching.length;
    const table = {
      cell: touching,
      seedX: new Float64Array(n),
      seedY: new Float64Array(n),
      owned: new Uint8Array(n),
    };
    for (let i = 0; i < n; i++) {
      const x = cells.seedX[touching[i] - 1];
      const y = cells.seedY[touching[i] - 1];
      table.seedX[i] = x;
      table.seedY[i] = y;
      table.owned[i] = rectContains(core, x, y) ? 1 : this.ownedBeyondExtent(core, x, y);
    }
    return { cells: table, ...ringTables(cells, touching) };
  }

  /** A seed beyond the extent of the transcripts belongs to the border tile next to it (see `OwnerGrid`). */
  private ownedBeyondExtent(core: RectUm, x: number, y: number): 0 | 1 {
    const { extent } = this.slide.plan;
    if (x >= extent.x0 && x < extent.x1 && y >= extent.y0 && y < extent.y1) return 0;
    const tile = this.slide.plan.tiles[this.slide.owner.ownerOf(x, y)].core;
    return tile.x0 === core.x0 && tile.y0 === core.y0 && tile.x1 === core.x1 && tile.y1 === core.y1 ? 1 : 0;
  }
}
