import { z } from "zod";

// zod would try to compile its parsers with `new Function`, which the Content-Security-Policy refuses (and reports).
z.config({ jitless: true });
