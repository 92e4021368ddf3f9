// Times and figures in the reader's language and the home's time zone. Instants are seconds since 1970.

export function formats(language, timezone) {
  const french = language === "fr";
  const zoned = (options) => new Intl.DateTimeFormat(french ? "fr-FR" : "en-GB", { timeZone: timezone, ...options });
  const parts = zoned({ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23" });
  const dayName = zoned({ weekday: "short", day: "numeric", month: "short" });
  const plain = (digits) => new Intl.NumberFormat(french ? "fr-FR" : "en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const one = plain(1);
  const none = plain(0);
  const unit = french ? "\u00a0" : " ";

  function local(at) {
    const found = {};
    for (const { type, value } of parts.formatToParts(at * 1000)) found[type] = Number(value);
    return found;
  }
  function clock(at) {
    const { hour, minute } = local(at);
    const minutes = String(minute).padStart(2, "0");
    return french ? `${hour}\u00a0h\u00a0${minutes}` : `${String(hour).padStart(2, "0")}:${minutes}`;
  }
  /** How far the home's clock is ahead of UTC, in seconds. */
  function offset(at) {
    const { year, month, day, hour, minute, second } = local(at);
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - Math.floor(at);
  }
  /** The first instant of the day, `later` days after the one of `at`. */
  function midnight(at, later = 0) {
    const { year, month, day } = local(at);
    const wall = Date.UTC(year, month - 1, day + later) / 1000;
    const guess = wall - offset(wall);
    return wall - offset(guess);
  }
  return {
    clock,
    midnight,
    day: (at) => dayName.format(at * 1000),
    moment: (at) => `${dayName.format(at * 1000)} ${clock(at)}`,
    degrees: (value) => `${one.format(value)}${unit}°C`,
    bare: (value) => one.format(value),
    whole: (value) => none.format(value),
    percent: (value) => `${none.format(value)}${unit}%`,
    /** The midnights within a range. */
    midnights(from, to) {
      const found = [];
      for (let at = midnight(from, 1); at < to && found.length < 400; at = midnight(at + 3600 * 12, 1)) found.push(at);
      return found;
    },
    /** The date and the time of day as fields have them. */
    field(at) {
      const { year, month, day, hour, minute } = local(at);
      const two = (value) => String(value).padStart(2, "0");
      return [`${year}-${two(month)}-${two(day)}`, `${two(hour)}:${two(minute)}`];
    },
  };
}
