/** The sample photos with the credit shown under them; see samples/CREDITS.md. */
export const samples = [
  { file: 'dahlia.jpg', name: 'Dahlia', credit: 'Photo: vultilion, CC BY 2.0' },
  { file: 'temple.jpg', name: 'Temple', credit: 'Photo: danielbuechele, CC BY 2.0' },
  { file: 'cat.jpg', name: 'Cat', credit: 'Photo: Stefan van der Walt, CC0' },
  { file: 'coffee.jpg', name: 'Coffee', credit: 'Photo: Rachel Michetti, CC0' },
] as const;

export type Sample = (typeof samples)[number];
