export function TrainRoom() {
  return <h1>Train</h1>;
}
