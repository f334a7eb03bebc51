import { languageOf, type Language } from '../words.ts';

const place = 'discretio-language';

/** The language chosen on this page before, or the browser's. */
export const chosenLanguage = (): Language => {
  try {
    const kept = localStorage.getItem(place);
    return languageOf(kept === null ? navigator.languages : [kept]);
  } catch {
    // A web view may keep nothing.
    return languageOf(navigator.languages);
  }
};

/** Remembers a choice where the browser lets it. */
export const keepLanguage = (language: Language): void => {
  try {
    localStorage.setItem(place, language);
  } catch {
    // Then it is asked for again.
  }
};
