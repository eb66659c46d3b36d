/** Members of an SDK type that the workbench implements: a signature that differs does not compile. */
export type Part<T, K extends keyof T> = Pick<T, K>;
