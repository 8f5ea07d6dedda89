export { Button, IconButton, type ButtonProps, type IconButtonProps } from "./button";
export { ConfirmDialog, Dialog, Sheet, type DialogProps } from "./dialog";
export { Badge, Card, EmptyState, ErrorCard, Kbd, Shortcut, Skeleton, useCountdown } from "./display";
export { Checkbox, Field, Input, Select, Switch, Textarea } from "./field";
export {
  DropdownMenu,
  DropdownMenuCheckboxItem,
  DropdownMenuContent,
  DropdownMenuGroup,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuSub,
  DropdownMenuSubContent,
  DropdownMenuSubTrigger,
  DropdownMenuTrigger,
} from "./menu";
export { ListOption } from "./option";
export { Popover, PopoverAnchor, PopoverClose, PopoverContent, PopoverTrigger } from "./popover";
export { Spinner } from "./spinner";
export { Tabs, TabsContent, TabsList, TabsTrigger } from "./tabs";
export { Toaster, toast } from "./toast";
export { Tooltip, TooltipLayer, tooltip } from "./tooltip";
