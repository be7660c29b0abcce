import { growRect, type RectUm, rectContains } from '@spatile/formats/space';
import type { AssignTile } from '@spatile/formats/tile/assign';
import type { CellIndex } from '../cells/region.ts';
import { ringTables } from '../cells/ring-tables.ts';
import type { RegionReader, RegionRows } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';

/** Makes the input of one tile (or of any rectangle that is treated like one: a pilot window, a border strip). */
export class TileInputs {
  private readonly slide: SlideContext;
  private readonly regions: RegionReader;
  private readonly index: CellIndex;

  constructor(slide: SlideContext, regions: RegionReader, index: CellIndex) {
    this.slide = slide;
    this.regions = regions;
    this.index = index;
  }

  async assignTile(
    id: string,
    core: RectUm,
    haloUm: number,
  ): Promise<{ tile: AssignTile; rows: RegionRows }> {
    const region = growRect(core, haloUm);
    const rows = await this.regions.rows(region);
    const { features, config, scan } = this.slide;
    return {
      rows,
      tile: {
        meta: {
          tile: id,
          core,
          region,
          gridOriginUm: this.slide.plan.gridOriginUm,
          seed: config.seed,
          genes: features.modelGenes,
          hasZ: scan.hasZ,
        },
        transcripts: transcriptColumns(rows, features.modelGene),
        ...this.cellTables(core, region),
      },
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

function transcriptColumns(rows: RegionRows, modelGene: Uint32Array): AssignTile['transcripts'] {
  const n = rows.at.length;
  const out: AssignTile['transcripts'] = {
    row: new Uint32Array(n),
    x: new Float32Array(n),
    y: new Float32Array(n),
    z: new Float32Array(n),
    gene: new Uint32Array(n),
    prior: new Uint32Array(n),
    nuclear: new Uint8Array(n),
  };
  let tile = -1;
  let from = rows.partitions.values().next().value;
  for (let i = 0; i < n; i++) {
    if (rows.tile[i] !== tile) {
      tile = rows.tile[i];
      from = rows.partitions.get(tile)!;
    }
    const at = rows.at[i];
    out.row[i] = from!.row[at];
    out.x[i] = from!.x[at];
    out.y[i] = from!.y[at];
    out.z[i] = from!.z[at];
    out.gene[i] = modelGene[from!.feature[at]];
    out.prior[i] = from!.prior[at];
    out.nuclear[i] = from!.nuclear[at];
  }
  return out;
}
