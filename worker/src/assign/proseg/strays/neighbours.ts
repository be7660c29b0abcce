/** Finds places near each other among some that are ascending by y: a band of them is looked at. */
export class Neighbours {
  private readonly x: Float64Array;
  private readonly y: Float64Array;
  private readonly radiusUm: number;

  constructor({ x, y }: { x: Float64Array; y: Float64Array }, radiusUm: number) {
    [this.x, this.y, this.radiusUm] = [x, y, radiusUm];
  }

  /** The other places within the radius of one. */
  of(place: number): number[] {
    const found: number[] = [];
    for (const step of [-1, 1])
      for (let other = place + step; this.isInBand(place, other); other += step)
        if (this.isNear(place, other)) found.push(other);
    return found;
  }

  private isInBand(place: number, other: number): boolean {
    return other >= 0 && other < this.y.length && Math.abs(this.y[other] - this.y[place]) <= this.radiusUm;
  }

  private isNear(place: number, other: number): boolean {
    const [dx, dy] = [this.x[other] - this.x[place], this.y[other] - this.y[place]];
    return dx * dx + dy * dy <= this.radiusUm * this.radiusUm;
  }
}
