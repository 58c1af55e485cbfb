// Singular values of ΔW in one matrix, run over run: how much of the rank is used.
import type { Picture } from '../../../charts/pictures/pictureTypes.ts';
import { XyPlot, type XySeries } from '../../../charts/pictures/XyPlot.tsx';
import { formatTick } from '../../../format.ts';
import { rankColour } from '../../../theme/rankColour.ts';
import { atPlace, type ComparedRun, type MatrixPlace, placeText } from '../compared.ts';

export function spectrumPicture(compared: readonly ComparedRun[], place: MatrixPlace): Picture {
  const known = compared.flatMap(({ run, mark, spectra }) => {
    const spectrum = atPlace(spectra, place);
    return spectrum && spectrum.norm > 0 ? [{ run, mark, spectrum }] : [];
  });
  const longest = Math.max(...known.map(({ spectrum }) => spectrum.singularValues.length), 1);
  const every = [1, 2, 5, 10, 20, 50].find((step) => longest / step <= 16) ?? 100;
  const ticks = [1, ...Array.from({ length: Math.floor(longest / every) }, (_, i) => (i + 1) * every)];
  const used = known.map(
    ({ mark, spectrum }) => `${mark.label}: ${spectrum.effectiveRank.toFixed(1)} of ${spectrum.rank}`,
  );
  return {
    id: `singular-values-${place.target}-${place.layer}`,
    title: `Singular values of ΔW, ${placeText(place)}`,
    note: `log scale; effective rank (exp of the entropy of their shares) ${used.join(', ')}`,
    draw: (width, palette) => (
      <XyPlot
        width={width}
        height={280}
        palette={palette}
        label={`Singular values of the update of ${placeText(place)}. Effective rank ${used.join('; ')}`}
        x={{ label: 'index i, largest first', kind: 'linear', format: formatTick, ticks: [...new Set(ticks)] }}
        y={{ label: 'singular value σᵢ', kind: 'log10', format: formatTick }}
        series={known.map(
          ({ run, mark, spectrum }): XySeries => ({
            label: run.id,
            colour: rankColour(mark.rank, palette.scheme),
            dash: mark.dash,
            width: 2,
            hasDots: true,
            endLabel: mark.label,
            points: spectrum.singularValues.flatMap((y, i) =>
              // Nothing below single precision of the largest is known.
              y > (spectrum.singularValues[0] ?? 0) * 1e-7
                ? [{ x: i + 1, y, tip: `${mark.label}, σ${i + 1} = ${y.toPrecision(4)}\n${placeText(place)}` }]
                : [],
            ),
          }),
        )}
      />
    ),
    table: {
      header: ['run', 'layer', 'matrix', 'rank', 'effective rank', '‖ΔW‖ (Frobenius)', 'i', 'σᵢ'],
      rows: compared.flatMap(({ run, spectra }) =>
        (spectra ?? [])
          .filter(({ layer, target }) => layer === place.layer && target === place.target)
          .flatMap(({ layer, target, rank, effectiveRank, norm, singularValues }) =>
            singularValues.map((value, i) => [run.name, layer, target, rank, effectiveRank, norm, i + 1, value]),
          ),
      ),
    },
  };
}
