import { ImageIcon } from "lucide-react";
import type { ReactNode } from "react";

import { useDocument } from "./context";
import { isDataImage, namesHost, safeLink, withoutInvisible } from "./links";

interface AddressProps {
  url: string;
  /** The text of the link as a reader sees it. */
  shown: string;
  children: ReactNode;
}

/** A link that says where it leads; where that is no address it may lead to, its text alone. */
export function SafeLink({ url, shown, children }: AddressProps) {
  const link = safeLink(url);
  if (link === null) return <span className="md-dead-link">{children}</span>;
  return (
    <>
      <a href={link.href} title={link.href} target="_blank" rel="noopener noreferrer nofollow">
        <bdi>{shown.trim() === "" ? link.host : children}</bdi>
      </a>
      {shown.trim() === "" || namesHost(shown, link) ? null : <span className="md-host"> ({link.host})</span>}
    </>
  );
}

export function ReferenceLink({ name, shown, children }: { name: string; shown: string; children: ReactNode }) {
  const definition = useDocument().references.definitions.get(name);
  return definition ? (
    <SafeLink url={definition.url} shown={shown}>
      {children}
    </SafeLink>
  ) : (
    children
  );
}

/** A picture that lies in the text, or a link to one elsewhere: loading it would tell its host what was asked of the model. */
export function SafeImage({ url, alt, inLink }: { url: string; alt: string; inLink: boolean }) {
  const description = withoutInvisible(alt);
  if (isDataImage(url)) return <img src={url} alt={description} className="md-image" loading="lazy" />;
  const link = safeLink(url);
  const host = link === null ? "an address that is not allowed" : link.host;
  const card = (
    <>
      <ImageIcon aria-hidden size={14} /> {description === "" ? "Image" : <bdi>{description}</bdi>} <span className="md-host">image at {host}</span>
    </>
  );
  if (link === null || inLink) return <span className="md-image-card">{card}</span>;
  return (
    <a className="md-image-card" href={link.href} title={link.href} target="_blank" rel="noopener noreferrer nofollow">
      {card}
    </a>
  );
}

export function ReferenceImage({ name, alt, inLink }: { name: string; alt: string; inLink: boolean }) {
  const definition = useDocument().references.definitions.get(name);
  return definition ? <SafeImage url={definition.url} alt={alt} inLink={inLink} /> : withoutInvisible(alt);
}
