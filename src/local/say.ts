/** Takes one sentence for a person who waits: what happens now and why it takes a while. */
export type Say = (sentence: string) => void;
