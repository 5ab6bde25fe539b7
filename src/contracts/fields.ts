import { z } from "zod";

/**
 * Joiners (U+200C, U+200D) are part of the spelling of words in the Arabic, Mongolian, Syriac and Indic scripts, and of emoji of several
 * people: https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters. Anywhere else they are invisible.
 */
const JOINING =
  "\\p{sc=Arab}\\p{sc=Syrc}\\p{sc=Mong}\\p{sc=Deva}\\p{sc=Beng}\\p{sc=Guru}\\p{sc=Gujr}\\p{sc=Orya}\\p{sc=Taml}\\p{sc=Telu}\\p{sc=Knda}\\p{sc=Mlym}\\p{sc=Sinh}\\p{sc=Khmr}\\p{sc=Mymr}";
const JOINER = `(?<=[${JOINING}])[\\u200c\\u200d](?=[${JOINING}]|$|\\s)|(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic})`;

/** A text without control characters, and without format characters (Unicode's category Cf) except joiners where they are visible. */
const PRINTABLE = new RegExp(`^(?:[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]|${JOINER})*$`, "u");

/**
 * A display name: printable characters only, so that PostgreSQL, tables, terminals and log lines can contain it. Without format
 * characters no name can reorder the text around it or look like another name.
 */
export const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(PRINTABLE, "must not contain control or invisible formatting characters");

export const organisationId = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "must consist of lower-case letters, digits and inner dashes, 63 characters at most",
  )
  .meta({ description: "Short name of an organisation.", example: "default" });

/** Rows of a list in one response. */
const MAX_PAGE_SIZE = 1_000;

/** Query of a page of a list whose rows have ids of this form. */
export function pageOf<Id extends z.ZodType<string>>(id: Id) {
  return {
    after: id.optional().meta({ description: "`next` of the page before." }),
    limit: z.coerce.number().int().min(1).max(MAX_PAGE_SIZE).default(MAX_PAGE_SIZE),
  };
}

/** Part of a name or id; lists return only the rows that contain it, in any case. */
export const search = z.string().trim().max(100).optional().meta({
  description: "Only rows whose name or id contains this text, in upper or lower case.",
});

/** What a page of a list contains besides its rows. */
export const page = {
  total: z.int().meta({ description: "Rows of all pages that match the filters." }),
  next: z.string().nullable().meta({ description: "Value of `after` for the next page; null on the last page." }),
};

/** A timestamp as ISO 8601 with an offset, `2026-05-04T13:00:00Z`. */
export const timestamp = z.iso.datetime({ offset: true });
