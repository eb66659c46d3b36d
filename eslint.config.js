import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { roomRules } from './scripts/rooms.mjs';

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'node_modules/', 'test/fixtures/', 'src/ui/locales/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A module is imported once, its types in the same braces.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      'no-duplicate-imports': 'error',
      // One style of private members, the one Lit's decorators know: `private _x`.
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'memberLike',
          modifiers: ['private'],
          format: null,
          leadingUnderscore: 'require',
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'PrivateIdentifier', message: 'Write `private _x`, as everywhere here.' },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // A port's method rejects, and never throws, also where one side of the port has nothing to await.
      '@typescript-eslint/require-await': 'off',
      // Shapes are written into messages as they are: "1,3,64,64".
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowArray: true },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/ui/**', 'src/workbench/**'],
    // Lit calls an element's listeners with the element as `this`.
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['test/**', 'scripts/**'],
    rules: {
      // Spies keep a prototype's method to call it with their own `this`.
      '@typescript-eslint/unbound-method': 'off',
      // A test parses what it then asserts on; a script is written without types.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Of no TypeScript project: settings, what is run before types are there, and AssemblyScript.
    files: ['*.{js,ts}', '**/*.mts', 'src/**/*.mjs', 'src/prior/kernels/kernels.ts'],
    ...tseslint.configs.disableTypeChecked,
  },
  ...roomRules,
  {
    files: ['src/cli/**', 'src/lab/**', 'src/workbench/server/**', '**/*.mjs', 'webpack.config.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
    rules: { 'no-console': 'off' },
  },
);
