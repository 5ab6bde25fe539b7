import { z } from "zod";

// zod compiles its parsers with `new Function`, which the Content-Security-Policy blocks and reports.
z.config({ jitless: true });
