/** How a picture lies on the stage. `scale` 1 fits; `x`, `y` move its middle from the stage's middle, px. */
export type Zoom = { readonly scale: number; readonly x: number; readonly y: number };

export type Stage = {
  /** Size of the stage, px. */
  readonly width: number;
  readonly height: number;
  /** Size of the picture at scale 1, px. */
  readonly fitWidth: number;
  readonly fitHeight: number;
};

export const fitted: Zoom = { scale: 1, x: 0, y: 0 };

/** The size at which a picture fits a stage without being enlarged beyond its own pixels, px. */
export function fitSize(
  stage: { readonly width: number; readonly height: number },
  picture: { readonly width: number; readonly height: number },
): { readonly width: number; readonly height: number } {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** Keeps a picture from being pushed off the stage: an edge may not leave the stage's edge while it overlaps it. */
export function contained(zoom: Zoom, stage: Stage): Zoom {
  const overX = Math.max(0, (stage.fitWidth * zoom.scale - stage.width) / 2);
  const overY = Math.max(0, (stage.fitHeight * zoom.scale - stage.height) / 2);
  const clamp = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value));
  return { scale: zoom.scale, x: clamp(zoom.x, overX), y: clamp(zoom.y, overY) };
}

/**
 * Changes the scale and keeps the point under the pointer where it is.
 * @param point from the stage's middle, px
 * @param most largest scale
 */
export function zoomAt(
  zoom: Zoom,
  stage: Stage,
  scale: number,
  point: { readonly x: number; readonly y: number },
  most: number,
): Zoom {
  const next = Math.min(most, Math.max(1, scale));
  const factor = next / zoom.scale;
  return contained(
    { scale: next, x: point.x - (point.x - zoom.x) * factor, y: point.y - (point.y - zoom.y) * factor },
    stage,
  );
}

/** Moves a picture by a drag, px. */
export function panBy(zoom: Zoom, stage: Stage, dx: number, dy: number): Zoom {
  return contained({ scale: zoom.scale, x: zoom.x + dx, y: zoom.y + dy }, stage);
}
