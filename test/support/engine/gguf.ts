import { closeSync, openSync, writeSync } from "node:fs";

/** The types of GGUF's metadata values that this file writes. */
type Value =
  | { readonly kind: "u32"; readonly value: number }
  | { readonly kind: "f32"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "f32s"; readonly value: readonly number[] }
  | { readonly kind: "i32s"; readonly value: readonly number[] };

const typeNumbers = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

interface Tensor {
  readonly name: string;
  /** GGUF lists the fastest-moving dimension first. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const ALIGNMENT_BYTES = 32;

export interface TinyModel {
  readonly seed?: number;
  /** Training context, in tokens. */
  readonly context?: number;
}

/**
 * Writes a complete Llama model with random weights: two layers of width 64, a byte-level vocabulary with some words, and a chat
 * template. Its output is random text, but every part of llama.cpp is needed to generate it.
 */
export function writeTinyGguf(file: string, { seed = 1, context = 2048 }: TinyModel = {}): void {
  const width = 64;
  const heads = 4;
  const layers = 2;
  const hidden = 128;
  const { tokens, scores, types } = vocabulary();
  const metadata: Readonly<Record<string, Value>> = {
    "general.architecture": text("llama"),
    "general.name": text("tiny random llama"),
    "general.alignment": u32(ALIGNMENT_BYTES),
    "llama.context_length": u32(context),
    "llama.embedding_length": u32(width),
    "llama.block_count": u32(layers),
    "llama.feed_forward_length": u32(hidden),
    "llama.attention.head_count": u32(heads),
    "llama.attention.head_count_kv": u32(heads),
    "llama.attention.layer_norm_rms_epsilon": { kind: "f32", value: 1e-5 },
    "llama.rope.dimension_count": u32(width / heads),
    "llama.vocab_size": u32(tokens.length),
    "tokenizer.ggml.model": text("llama"),
    "tokenizer.ggml.tokens": { kind: "strings", value: tokens },
    "tokenizer.ggml.scores": { kind: "f32s", value: scores },
    "tokenizer.ggml.token_type": { kind: "i32s", value: types },
    "tokenizer.ggml.bos_token_id": u32(1),
    "tokenizer.ggml.eos_token_id": u32(2),
    "tokenizer.ggml.unknown_token_id": u32(0),
    "tokenizer.ggml.add_bos_token": { kind: "bool", value: true },
    "tokenizer.ggml.add_eos_token": { kind: "bool", value: false },
    "tokenizer.chat_template": text(
      "{% for message in messages %}{{ '[' + message['role'] + ']' + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}",
    ),
  };
  const random = generator(seed);
  const matrix = (name: string, inputs: number, outputs: number): Tensor => ({
    name,
    shape: [inputs, outputs],
    values: Float32Array.from({ length: inputs * outputs }, () => random() * (2 / Math.sqrt(inputs))),
  });
  const ones = (name: string): Tensor => ({ name, shape: [width], values: new Float32Array(width).fill(1) });
  const tensors = [
    matrix("token_embd.weight", width, tokens.length),
    ...Array.from({ length: layers }, (_, layer) => `blk.${layer}`).flatMap((block) => [
      ones(`${block}.attn_norm.weight`),
      matrix(`${block}.attn_q.weight`, width, width),
      matrix(`${block}.attn_k.weight`, width, width),
      matrix(`${block}.attn_v.weight`, width, width),
      matrix(`${block}.attn_output.weight`, width, width),
      ones(`${block}.ffn_norm.weight`),
      matrix(`${block}.ffn_gate.weight`, width, hidden),
      matrix(`${block}.ffn_up.weight`, width, hidden),
      matrix(`${block}.ffn_down.weight`, hidden, width),
    ]),
    ones("output_norm.weight"),
    matrix("output.weight", width, tokens.length),
  ];
  write(file, metadata, tensors);
}

/** Three special tokens, the 256 bytes, and pieces of words: SentencePiece as Llama has it. */
function vocabulary(): { tokens: string[]; scores: number[]; types: number[] } {
  const pieces = [
    ...'abcdefghijklmnopqrstuvwxyz0123456789{}[]":,.!?-_',
    "▁",
    "▁the",
    "▁sea",
    "▁ship",
    "ing",
    "er",
    "▁wind",
    "▁and",
    "▁of",
    "on",
    "▁harbour",
  ];
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  return {
    tokens: ["<unk>", "<s>", "</s>", ...bytes, ...pieces],
    scores: [0, 0, 0, ...bytes.map(() => 0), ...pieces.map((piece, index) => -1 - index / 100 + piece.length)],
    // 2 unknown, 3 control, 6 byte, 1 normal.
    types: [2, 3, 3, ...bytes.map(() => 6), ...pieces.map(() => 1)],
  };
}

/** Numbers in -1..1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
  };
}

function u32(value: number): Value {
  return { kind: "u32", value };
}

function text(value: string): Value {
  return { kind: "string", value };
}

function write(file: string, metadata: Readonly<Record<string, Value>>, tensors: readonly Tensor[]): void {
  const parts: Buffer[] = [Buffer.from("GGUF"), int32(3), int64(tensors.length), int64(Object.keys(metadata).length)];
  for (const [name, value] of Object.entries(metadata)) parts.push(string(name), ...encode(value));
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    parts.push(string(name), int32(shape.length), ...shape.map(int64), int32(0), int64(offset));
    offset += padded(values.byteLength);
  }
  const head = Buffer.concat(parts);
  const out = openSync(file, "w");
  try {
    writeSync(out, head);
    writeSync(out, Buffer.alloc(padded(head.length) - head.length));
    for (const { values } of tensors) {
      writeSync(out, Buffer.from(values.buffer));
      writeSync(out, Buffer.alloc(padded(values.byteLength) - values.byteLength));
    }
  } finally {
    closeSync(out);
  }
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

function encode(value: Value): Buffer[] {
  switch (value.kind) {
    case "u32":
      return [int32(typeNumbers.u32), int32(value.value)];
    case "f32":
      return [int32(typeNumbers.f32), float32(value.value)];
    case "bool":
      return [int32(typeNumbers.bool), Buffer.from([value.value ? 1 : 0])];
    case "string":
      return [int32(typeNumbers.string), string(value.value)];
    case "strings":
      return [
        int32(typeNumbers.array),
        int32(typeNumbers.string),
        int64(value.value.length),
        ...value.value.map(string),
      ];
    case "f32s":
      return [int32(typeNumbers.array), int32(typeNumbers.f32), int64(value.value.length), ...value.value.map(float32)];
    case "i32s":
      return [int32(typeNumbers.array), int32(typeNumbers.i32), int64(value.value.length), ...value.value.map(int32)];
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int64(bytes.length), bytes]);
}
