import { randomInt } from "node:crypto";
import { type LLamaContextualRepeatPenalty, type LlamaModel, TokenBias } from "node-llama-cpp";
import { type Generation, type Penalties, Refused } from "./inference.js";

/** The sampling options in the form of the library; omitted ones have the defaults of llama.cpp. */
export function samplingOf(generation: Generation, model: LlamaModel, contextSize: number) {
  const { temperature = 0.8, topP, topK, minP, seed, penalties } = generation;
  const tokenBias = biasOf(generation.logitBias, model);
  return {
    temperature,
    ...(topP === undefined ? {} : { topP }),
    ...(topK === undefined ? {} : { topK }),
    ...(minP === undefined ? {} : { minP }),
    // The default seed is the time in seconds: two requests within one second would get the same output.
    seed: seed === undefined ? randomInt(2 ** 32) : seed >>> 0,
    repeatPenalty: repeatPenaltyOf(penalties, contextSize),
    ...(tokenBias === undefined ? {} : { tokenBias }),
  };
}

/** The library counts the tokens of the output only, as OpenAI does, not those of the prompt. */
function repeatPenaltyOf(penalties: Penalties, contextSize: number): LLamaContextualRepeatPenalty | false {
  const { frequency, presence, repeat, lastTokens = contextSize } = penalties;
  if (lastTokens === 0 || (frequency === 0 && presence === 0 && repeat === 1)) return false;
  return {
    penalty: repeat,
    frequencyPenalty: frequency,
    presencePenalty: presence,
    lastTokens: Math.min(lastTokens, contextSize),
    penalizeNewLine: true,
  };
}

/** Throws `Refused` for a bias that would have no effect: one for a token that the model lacks, or that ends its output. */
function biasOf(bias: Generation["logitBias"], model: LlamaModel): TokenBias | undefined {
  if (bias.size === 0) return undefined;
  const tokenBias = TokenBias.for(model);
  const unknown = new Set(bias.keys());
  for (const token of model.iterateAllTokens()) {
    const logit = bias.get(token);
    if (logit === undefined) continue;
    if (model.isEogToken(token))
      throw new Refused(`logit_bias: token ${token} ends the output and cannot be biased`, "unsupported", "logit_bias");
    tokenBias.set(token, { logit });
    unknown.delete(token);
  }
  const [first] = unknown;
  if (first === undefined) return tokenBias;
  throw new Refused(`logit_bias: the model has no token ${first}`, "invalid_body", "logit_bias");
}
