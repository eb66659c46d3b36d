/**
 * Which room under `src/` may import which, as lint rules: types of one room are built for another,
 * so the compiler lets a wrong import pass. docs/architecture.md says what each room is.
 */

const below = ['core', 'image', 'protocol'];

/** A room that is not named here may import nothing of the others. */
export const mayImport = {
  core: [],
  image: [],
  prior: ['core', 'image'],
  checkpoint: [],
  protocol: ['core', 'image'],
  fill: [...below, 'prior'],
  engine: ['core', 'prior', 'protocol'],
  shelf: [...below, 'checkpoint', 'engine'],
  lab: [...below, 'checkpoint', 'engine', 'fill', 'prior', 'shelf'],
  worker: [...below, 'checkpoint', 'engine', 'fill', 'prior', 'shelf'],
  cli: [...below, 'checkpoint', 'engine', 'fill', 'lab', 'prior', 'shelf'],
  ui: ['image', 'protocol', 'fill'],
  sandbox: ['image', 'protocol'],
  workbench: ['protocol'],
};

const rooms = Object.keys(mayImport);
const deepest = 4;

/** The panel knows its workers as addresses: `new URL('../../worker/index.ts', import.meta.url)`. */
function ruleFor(room, depth) {
  const others = rooms.filter((other) => other !== room && !mayImport[room].includes(other));
  const allowed = mayImport[room].join(', ') || 'no other room';
  const up = '\\.\\./'.repeat(depth);
  return {
    files: [`src/${room}/${'*/'.repeat(depth - 1)}*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^${up}(${others.join('|')})/`,
              message: `${room}/ may import ${allowed}: move what both need to a room below, or hand it in.`,
            },
            { regex: '^(\\.\\./)+test/', message: 'Nothing that ships imports the tests.' },
            ...(['core', 'image', 'prior', 'protocol', 'fill', 'checkpoint'].includes(room)
              ? [
                  {
                    regex: '^node:',
                    message: `${room}/ runs in browsers too: hand in what needs Node.`,
                  },
                ]
              : []),
          ],
        },
      ],
    },
  };
}

export const roomRules = rooms.flatMap((room) =>
  Array.from({ length: deepest }, (_, i) => ruleFor(room, i + 1)),
);
