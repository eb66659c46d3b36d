import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Returns the models that ship, as built: every folder of `models/` with a card.
 * Throws: Error where one was not built, since a bundle without it cannot fill.
 * @param {string} root - of the project
 */
export function shippedModels(root) {
  const ids = readdirSync(path.join(root, 'models')).filter((id) =>
    existsSync(path.join(root, 'models', id, 'card.json')),
  );
  return ids.map((id) => {
    const folder = path.join(root, 'build/models', id);
    for (const name of ['model.json', 'model.onnx']) {
      if (existsSync(path.join(folder, name))) continue;
      const file = path.relative(root, path.join(folder, name));
      throw new Error(`${file} is missing: run "npm run model:build".`);
    }
    const manifest = JSON.parse(readFileSync(path.join(folder, 'model.json'), 'utf8'));
    return { id, folder, manifest };
  });
}
