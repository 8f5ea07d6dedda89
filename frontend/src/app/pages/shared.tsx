import { useParams } from "@tanstack/react-router";

import { SharedPage } from "@/features/share";

export function Shared() {
  const { shareId } = useParams({ from: "/share/$shareId" });
  return <SharedPage shareId={shareId} />;
}
