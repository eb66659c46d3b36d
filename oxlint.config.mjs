import { defineConfig } from 'oxlint';
import { roomRules } from './scripts/rooms.mjs';

const errors = (...names) => Object.fromEntries(names.map((name) => [name, 'error']));
const off = (...names) => Object.fromEntries(names.map((name) => [name, 'off']));

/** Of what has no types: a test's parsed answers, scripts, AssemblyScript. */
const withoutTypes = off(
  'typescript/no-unsafe-argument',
  'typescript/no-unsafe-assignment',
  'typescript/no-unsafe-call',
  'typescript/no-unsafe-member-access',
  'typescript/no-unsafe-return',
);

export default defineConfig({
  ignorePatterns: ['dist/', 'build/', 'test/fixtures/', 'src/ui/locales/'],
  options: { typeAware: true, maxWarnings: 0, reportUnusedDisableDirectives: 'error' },
  plugins: ['typescript', 'oxc'],
  categories: { correctness: 'error' },
  rules: {
    // What ESLint and typescript-eslint recommend beyond that, with types.
    ...errors(
      'no-case-declarations',
      'no-empty',
      'no-fallthrough',
      'no-prototype-builtins',
      'no-regex-spaces',
      'no-unexpected-multiline',
      'no-useless-assignment',
      'no-var',
      'prefer-const',
      'prefer-rest-params',
      'prefer-spread',
      'preserve-caught-error',
      'typescript/ban-ts-comment',
      'typescript/no-array-constructor',
      'typescript/no-empty-object-type',
      'typescript/no-explicit-any',
      'typescript/no-misused-promises',
      'typescript/no-namespace',
      'typescript/no-require-imports',
      'typescript/no-unnecessary-type-assertion',
      'typescript/no-unnecessary-type-constraint',
      'typescript/no-unsafe-argument',
      'typescript/no-unsafe-assignment',
      'typescript/no-unsafe-call',
      'typescript/no-unsafe-enum-comparison',
      'typescript/no-unsafe-function-type',
      'typescript/no-unsafe-member-access',
      'typescript/no-unsafe-return',
      'typescript/only-throw-error',
      'typescript/prefer-promise-reject-errors',
      'typescript/restrict-plus-operands',
    ),
    // Shapes are written into messages as they are: "1,3,64,64".
    'typescript/restrict-template-expressions': ['error', { allowNumber: true, allowArray: true }],
    // A module is imported once, its types in the same braces.
    'typescript/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    'typescript/no-import-type-side-effects': 'error',
    'no-duplicate-imports': 'error',
    'no-console': 'error',
    eqeqeq: 'error',
  },
  overrides: [
    {
      files: ['src/ui/**', 'src/workbench/**'],
      // Lit calls an element's listeners with the element as `this`.
      rules: off('typescript/unbound-method'),
    },
    {
      files: ['test/**'],
      // Spies keep a prototype's method to call it with their own `this`.
      rules: { ...withoutTypes, ...off('typescript/unbound-method') },
    },
    { files: ['**/*.{js,mjs}', 'src/prior/kernels/kernels.ts'], rules: withoutTypes },
    {
      // Elsewhere the compiler sees to it.
      files: ['**/*.{js,mjs}'],
      globals: { process: 'readonly', console: 'readonly' },
      rules: errors('no-undef', 'no-redeclare'),
    },
    ...roomRules,
    {
      files: [
        'src/cli/**',
        'src/lab/**',
        'src/workbench/server/**',
        '**/*.mjs',
        'webpack.config.js',
      ],
      rules: off('no-console'),
    },
  ],
});
