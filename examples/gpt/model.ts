/** A small GPT over characters, with nanoGPT's names: `wte`, `wpe`, `h.N`, `ln_f`, and `lm_head` tied to `wte`. */
import { arange, nn, type Tensor } from '@paramwise/torch';

export const CONTEXT = 64;
const LAYERS = 3;
const HEADS = 4;
const WIDTH = 96;

/** (batch, length, width) → the same; each place sees itself and those before it. */
class CausalSelfAttention extends nn.Module {
  c_attn = new nn.Linear(WIDTH, 3 * WIDTH);
  c_proj = new nn.Linear(WIDTH, WIDTH);

  forward(x: Tensor): Tensor {
    const [batch = 0, length = 0] = x.shape;
    const heads = this.c_attn
      .forward(x)
      .view([batch, length, 3, HEADS, WIDTH / HEADS])
      .permute([2, 0, 3, 1, 4]);
    const [query, key, value] = heads.unbind(0) as [Tensor, Tensor, Tensor];
    const seen = nn.functional.scaledDotProductAttention(query, key, value, { isCausal: true });
    return this.c_proj.forward(seen.transpose(1, 2).reshape([batch, length, WIDTH]));
  }
}

class Mlp extends nn.Module {
  c_fc = new nn.Linear(WIDTH, 4 * WIDTH);
  c_proj = new nn.Linear(4 * WIDTH, WIDTH);

  forward(x: Tensor): Tensor {
    return this.c_proj.forward(nn.functional.gelu(this.c_fc.forward(x)));
  }
}

class Block extends nn.Module {
  ln_1 = new nn.LayerNorm(WIDTH);
  attn = new CausalSelfAttention();
  ln_2 = new nn.LayerNorm(WIDTH);
  mlp = new Mlp();

  forward(x: Tensor): Tensor {
    const attended = x.add(this.attn.forward(this.ln_1.forward(x)));
    return attended.add(this.mlp.forward(this.ln_2.forward(attended)));
  }
}

/** Characters (batch, length), at most `CONTEXT` → scores of the next one (batch, length, vocabulary). */
export class Gpt extends nn.Module {
  wte: nn.Embedding;
  wpe = new nn.Embedding(CONTEXT, WIDTH);
  h = new nn.ModuleList(Array.from({ length: LAYERS }, () => new Block()));
  ln_f = new nn.LayerNorm(WIDTH);
  lm_head: nn.Linear;

  constructor(vocabulary: number) {
    super();
    this.wte = new nn.Embedding(vocabulary, WIDTH);
    this.lm_head = new nn.Linear(WIDTH, vocabulary, { bias: false });
    this.lm_head.weight = this.wte.weight;
    this.initialise();
  }

  /** As nanoGPT: N(0, 0.02), what adds to the residual stream smaller by √(2 × layers), biases 0. */
  private initialise(): void {
    for (const [name, parameter] of this.namedParameters()) {
      if (name.endsWith('bias')) nn.init.zeros_(parameter);
      else if (parameter.ndim === 2)
        nn.init.normal_(parameter, 0, name.endsWith('c_proj.weight') ? 0.02 / Math.sqrt(2 * LAYERS) : 0.02);
    }
  }

  forward(characters: Tensor): Tensor {
    const places = arange(0, characters.shape[1]!, 1, { dtype: 'int64' });
    let x = this.wte.forward(characters).add(this.wpe.forward(places));
    for (const block of this.h) x = block.forward(x);
    return this.lm_head.forward(this.ln_f.forward(x));
  }
}
