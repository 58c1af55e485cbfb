// The plotting library with its styles, loaded when the first chart is drawn.
import 'uplot/dist/uPlot.min.css';

export { default as UPlot } from 'uplot';
