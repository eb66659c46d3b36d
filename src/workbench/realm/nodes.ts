/** Which view stands for which kind of node. */
import { ImageRectangleView } from './bitmaps.js';
import { ArtboardView, GroupView, MediaContainerView } from './containers.js';
import { NodeView } from './node-view.js';
import { EllipseView, PathView, RectangleView } from './shapes.js';
import { registerViews } from './view-of.js';

registerViews({
  artboard: ArtboardView,
  group: GroupView,
  rectangle: RectangleView,
  ellipse: EllipseView,
  path: PathView,
  text: NodeView,
  media: MediaContainerView,
  image: ImageRectangleView,
});
