import type { EngineDescriptor } from "./engines/descriptor.js";
import type { ModelSource } from "./plan.js";

const LLAMA_CPP =
  "bits per weight of Llama 3.1 8B (ggml-org/llama.cpp, tools/quantize/README.md at 311c2c9, read 2026-11-30)";

/** Formats of weights as the names of files and repositories state them, with the fewest bits that a parameter takes. */
const FORMATS: readonly { readonly name: RegExp; readonly bits: number; readonly why: string }[] = [
  { name: /\bi?q1(-|$)/, bits: 2, why: LLAMA_CPP },
  { name: /\bi?q2(-|$)/, bits: 2.38, why: LLAMA_CPP },
  { name: /\bi?q3(-|$)/, bits: 3.25, why: LLAMA_CPP },
  { name: /\bi?q4(-|$)/, bits: 4.46, why: LLAMA_CPP },
  { name: /\bq5(-|$)/, bits: 5.57, why: LLAMA_CPP },
  { name: /\bq6(-|$)/, bits: 6.56, why: LLAMA_CPP },
  { name: /\bq8(-|$)/, bits: 8.5, why: LLAMA_CPP },
  {
    name: /\b(awq|gptq|int4|w4a16|4bit|nf4|mxfp4|nvfp4)\b/,
    bits: 4,
    why: "4 bits for each weight, without their scales",
  },
  { name: /\b(fp8|int8|w8a8|w8a16|8bit)\b/, bits: 8, why: "8 bits for each weight, without their scales" },
  { name: /\b(fp16|bf16|f16)\b/, bits: 16, why: "16 bits for each weight" },
  { name: /\b(fp32|f32)\b/, bits: 32, why: "32 bits for each weight" },
];

/**
 * Bytes of memory that one parameter of a model takes: as the name of its file or repository states the format of its weights,
 * otherwise the format that the engine serves by default.
 */
export function bytesPerParameter(
  sources: readonly Pick<ModelSource, "from">[],
  engine: Pick<EngineDescriptor, "bytesPerParameter">,
): { readonly value: number; readonly why: string } {
  for (const { from } of sources) {
    const name = from.toLowerCase().replaceAll(/[/._]/g, "-");
    const format = FORMATS.find((each) => each.name.test(name));
    if (format) return { value: format.bits / 8, why: format.why };
  }
  return engine.bytesPerParameter;
}
