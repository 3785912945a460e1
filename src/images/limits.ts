/** What a reference image may be. */

const MIB = 1024 * 1024;

/** Google's limit for an image that is not sent inline (Vertex AI, image understanding, Gemini 3 Pro Image), bytes. */
export const MAX_REFERENCE_BYTES = 30 * MIB;
/** A side, pixels. No camera reaches it; a decoder that meets more is usually being attacked. */
export const MAX_REFERENCE_SIDE = 20_000;
/** Pixels in all: 400 MB once decoded. */
export const MAX_REFERENCE_PIXELS = 100_000_000;
