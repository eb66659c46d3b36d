/** Views of vector shapes. */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/express-document-sdk';
import { NodeView } from './node-view.js';
import type { Part } from './part.js';

type RectanglePart = Part<
  Sdk.RectangleNode,
  'width' | 'height' | 'topLeftRadius' | 'topRightRadius' | 'bottomRightRadius' | 'bottomLeftRadius'
>;

export class RectangleView extends NodeView implements RectanglePart {
  get width(): number {
    return this.geometry('rectangle').width;
  }

  get height(): number {
    return this.geometry('rectangle').height;
  }

  get topLeftRadius(): number {
    return this.geometry('rectangle').radii[0];
  }

  get topRightRadius(): number {
    return this.geometry('rectangle').radii[1];
  }

  get bottomRightRadius(): number {
    return this.geometry('rectangle').radii[2];
  }

  get bottomLeftRadius(): number {
    return this.geometry('rectangle').radii[3];
  }
}

export class EllipseView extends NodeView implements Part<Sdk.EllipseNode, 'rx' | 'ry'> {
  get rx(): number {
    return this.geometry('ellipse').rx;
  }

  get ry(): number {
    return this.geometry('ellipse').ry;
  }
}

export class PathView extends NodeView implements Part<Sdk.PathNode, 'path' | 'fillRule'> {
  get path(): string {
    return this.geometry('path').path;
  }

  get fillRule(): Sdk.PathNode['fillRule'] {
    return this.geometry('path').fillRule === 'evenodd' ? 1 : 0;
  }
}
