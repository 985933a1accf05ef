import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

export const NewRuleButton = () => (
  <Button component={Link} to="/dashboard/alerts/rules/new" leftSection={<IconPlus size={16} />}>
    Create a rule
  </Button>
);
