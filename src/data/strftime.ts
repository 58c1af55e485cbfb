// Python's strftime, for chat templates that write the date. English names, as Python's C locale has them.

const months = 'January February March April May June July August September October November December'.split(' ');
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Python's strftime in the C locale, for the directives that dates and times of day need. */
export function strftime(date: Date, format: string): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const written = (parts: string) => () => strftime(date, parts);
  const values: Record<string, () => string> = {
    '%c': written('%a %b %e %H:%M:%S %Y'),
    '%D': written('%m/%d/%y'),
    '%x': written('%m/%d/%y'),
    '%F': written('%Y-%m-%d'),
    '%h': written('%b'),
    '%R': written('%H:%M'),
    '%r': written('%I:%M:%S %p'),
    '%T': written('%H:%M:%S'),
    '%X': written('%H:%M:%S'),
    '%Y': () => String(date.getFullYear()),
    '%y': () => two(date.getFullYear() % 100),
    '%m': () => two(date.getMonth() + 1),
    '%d': () => two(date.getDate()),
    '%B': () => months[date.getMonth()] ?? '',
    '%b': () => (months[date.getMonth()] ?? '').slice(0, 3),
    '%A': () => days[date.getDay()] ?? '',
    '%a': () => (days[date.getDay()] ?? '').slice(0, 3),
    '%H': () => two(date.getHours()),
    '%I': () => two(date.getHours() % 12 || 12),
    '%p': () => (date.getHours() < 12 ? 'AM' : 'PM'),
    '%M': () => two(date.getMinutes()),
    '%S': () => two(date.getSeconds()),
    '%e': () => String(date.getDate()).padStart(2),
    '%k': () => String(date.getHours()).padStart(2),
    '%j': () => String(dayOfYear(date)).padStart(3, '0'),
    '%u': () => String(date.getDay() || 7),
    '%w': () => String(date.getDay()),
    '%l': () => String(date.getHours() % 12 || 12).padStart(2),
    '%P': () => (date.getHours() < 12 ? 'am' : 'pm'),
    '%%': () => '%',
  };
  // glibc's %-d leaves out the zeros and spaces in front.
  return format.replace(/%(-?)([A-Za-z%])/g, (directive, bare: string, letter: string) => {
    const value = values[`%${letter}`]?.();
    return value === undefined ? directive : bare ? value.replace(/^[0 ]+(?=.)/, '') : value;
  });
}

function dayOfYear(date: Date): number {
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  return (Date.UTC(year, month, day) - Date.UTC(year, 0, 0)) / 86_400_000;
}
