/** Numbers of the command line, checked as commander reads them. */
import { InvalidArgumentError } from 'commander';

function number(
  isMeant: (value: number) => boolean,
  what: string,
  min: number,
  max: number,
): (text: string) => number {
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && isMeant(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected ${what} ${range}.`);
  };
}

/** Returns a parser of integers within bounds. */
export const integer = (min: number, max = Infinity) =>
  number(Number.isInteger, 'an integer', min, max);

/** Returns a parser of numbers within bounds. */
export const real = (min: number, max: number) => number(Number.isFinite, 'a number', min, max);
