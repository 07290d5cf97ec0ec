// The function of the recorded cases: it runs the script of its event, and fails without one.
export const handler = async (event) => {
  const script = event?.config?.script;
  if (script === undefined) throw new Error();
  return new Function("payload", script)(event.payload);
};
