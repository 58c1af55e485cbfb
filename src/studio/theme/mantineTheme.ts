// Mantine, dressed in the studio's own colours.
import { createTheme, defaultVariantColorsResolver, type MantineColorsTuple } from '@mantine/core';

const accent: MantineColorsTuple = [
  '#e6f0fa',
  '#cfe2f5',
  '#9cc3e8',
  '#6db3f2',
  '#3f8fd6',
  '#2277c2',
  '#1461a8',
  '#0e4d88',
  '#0b3f70',
  '#082f55',
];

export const mantineTheme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 3 },
  colors: { accent },
  variantColorResolver: (input) =>
    input.variant === 'filled' && (input.color === undefined || input.color === 'accent')
      ? {
          background: 'var(--accent)',
          hover: 'var(--accent-strong)',
          color: 'var(--on-accent)',
          border: '1px solid transparent',
        }
      : defaultVariantColorsResolver(input),
  defaultRadius: 4,
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '0.8125rem', sm: '0.875rem', md: '0.9375rem', lg: '1rem', xl: '1.25rem' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  cursorType: 'pointer',
  components: { Button: { styles: { label: { fontWeight: 500 } } } },
  respectReducedMotion: true,
});
