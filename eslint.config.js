import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { roomRules } from './scripts/rooms.mjs';

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'node_modules/', 'test/fixtures/', 'src/ui/locales/'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  ...roomRules,
  {
    files: ['src/cli/**', 'src/lab/**', 'src/workbench/server/**', '**/*.mjs', 'webpack.config.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
    rules: { 'no-console': 'off' },
  },
);
