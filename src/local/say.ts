/** Takes one sentence for a person who waits: what is done now and why it takes a while. */
export type Say = (sentence: string) => void;
