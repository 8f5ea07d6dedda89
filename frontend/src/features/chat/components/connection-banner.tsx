import { RefreshCw, Wifi } from "lucide-react";
import { useEffect, useState } from "react";

/** How long it says that the connection is back, in ms. */
const SHOWN = 2000;

/** Says that the stream was cut and is being taken up again; nothing is lost meanwhile. */
export function ConnectionBanner({ reconnecting }: { reconnecting: boolean }) {
  const [was, setWas] = useState(false);
  useEffect(() => {
    if (reconnecting) {
      // It follows the connection, which lives outside of React.
      // eslint-disable-next-line react-hooks/set-state-in-effect
      setWas(true);
      return;
    }
    const timer = setTimeout(() => setWas(false), SHOWN);
    return () => clearTimeout(timer);
  }, [reconnecting]);
  return (
    <div role="status" className="mx-auto w-full max-w-3xl px-4">
      {(reconnecting || was) && (
        <p className="mb-2 flex items-center gap-2 rounded-xl border border-line bg-panel px-3 py-2 text-sm">
          {reconnecting ? <RefreshCw aria-hidden className="size-4 animate-spin text-warning" /> : <Wifi aria-hidden className="size-4 text-success" />}
          {reconnecting ? "The connection was lost. Reconnecting…" : "Resumed: nothing was lost."}
        </p>
      )}
    </div>
  );
}
