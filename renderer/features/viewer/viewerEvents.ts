/** Sent on `window` to zoom the shown photo: detail `toggle` between fitting and full size, or a factor. */
export const viewerZoomEvent = 'shoebox:viewer-zoom';

export function sendZoom(step: 'toggle' | number): void {
  window.dispatchEvent(new CustomEvent(viewerZoomEvent, { detail: step }));
}
